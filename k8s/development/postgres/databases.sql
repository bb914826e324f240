-- Five databases, three roles each. Runs once, when the server makes its data directory. A second run applies changed
-- passwords.
\set ON_ERROR_STOP on
\set service intake
\i /docker-entrypoint-initdb.d/database.psql
\set service routing
\i /docker-entrypoint-initdb.d/database.psql
\set service supervision
\i /docker-entrypoint-initdb.d/database.psql
\set service callback
\i /docker-entrypoint-initdb.d/database.psql
\set service analytics
\i /docker-entrypoint-initdb.d/database.psql
