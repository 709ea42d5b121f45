from django.apps import AppConfig


class InsurersConfig(AppConfig):
    name = "besttrav.insurers"

    def ready(self) -> None:
        from besttrav.insurers import invariants

        assert invariants  # Loaded so that `manage.py invariants` asks about exchanges, too.
