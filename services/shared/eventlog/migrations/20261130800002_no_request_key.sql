-- The key of request hashes is derived from the key-encryption key; no database holds one.
alter table log_meta drop column request_key;
