"""The door for programs: the notices of payment channels and of insurers. It translates HTTP and decides nothing."""
