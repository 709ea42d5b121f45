from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "besttrav.payments"

    def ready(self) -> None:
        from besttrav.payments import invariants

        assert invariants  # Loaded so that `manage.py invariants` asks about money, too.
