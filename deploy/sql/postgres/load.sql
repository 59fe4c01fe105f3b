-- Actor rows from a file into PostgreSQL without Kafka Connect: psql -f tables.sql, then
-- `psql -f load.sql < rows.jsonl`. Quote and delimiter are control characters, which JSON never holds.
CREATE TEMPORARY TABLE incoming (value jsonb);
\copy incoming FROM pstdin WITH (FORMAT csv, QUOTE E'\x01', DELIMITER E'\x02')
INSERT INTO actor_rows
SELECT (jsonb_populate_record(NULL::actor_rows, value)).*
FROM incoming
ON CONFLICT DO NOTHING;
