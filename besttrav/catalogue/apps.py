from django.apps import AppConfig
from django.utils.translation import get_language

from besttrav.catalogue.text import follow_language


class CatalogueConfig(AppConfig):
    name = "besttrav.catalogue"

    def ready(self) -> None:
        follow_language(get_language)
