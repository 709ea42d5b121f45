from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    name = "besttrav.privacy"
    label = "privacy"

    def ready(self) -> None:
        from besttrav.privacy import checks, fields, sealing, starting  # noqa: F401  # importing registers the checks

        fields.install_sealer(sealing.seal_instances)
