from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "besttrav.people"
