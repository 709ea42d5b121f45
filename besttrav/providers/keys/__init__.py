"""Where epoch keys live: a keyring file beside the databases (`local`) or a hardware security module (`pkcs11`)."""
