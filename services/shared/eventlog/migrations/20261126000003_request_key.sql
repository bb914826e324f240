-- The key is still drawn: an older program beside a newer one writes its hashes by it.
comment on column log_meta.request_key is 'Key of the hashes in request.content_hash that older programs wrote.';
comment on column request.content_hash is 'HMAC-SHA256 of the encoded request, under a key that is derived from the key-encryption key and in no database.';
