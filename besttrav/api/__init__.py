"""The door for programs: today the callbacks of insurers. It translates HTTP into one call and back, and decides nothing."""
