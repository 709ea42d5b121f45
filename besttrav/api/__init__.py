"""The door for programs: the notices of payment channels and of insurers. It translates HTTP into one call and back, and decides nothing."""
