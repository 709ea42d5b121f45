from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "besttrav.console"
