from django.apps import AppConfig


class InvoicesConfig(AppConfig):
    name = "besttrav.invoices"

    def ready(self) -> None:
        from besttrav.invoices import invariants

        assert invariants  # Loaded so that `manage.py invariants` asks about invoices, too.
