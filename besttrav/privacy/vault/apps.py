from django.apps import AppConfig


class VaultConfig(AppConfig):
    name = "besttrav.privacy.vault"
    label = "vault"
