-- Reads kafka.actor_row_topic into `actor_rows`. Set brokers, topic and group; the reader sees committed rows only.
CREATE TABLE IF NOT EXISTS actor_rows_topic AS actor_rows
ENGINE = Kafka
SETTINGS
    kafka_broker_list = 'broker-1:9092',
    kafka_topic_list = 'articles.actor-rows',
    kafka_group_name = 'clickhouse-actor-rows',
    kafka_format = 'JSONEachRow',
    kafka_num_consumers = 1,
    -- A row that cannot be read goes to the view below instead of stopping the table.
    kafka_handle_error_mode = 'stream',
    date_time_input_format = 'best_effort';

CREATE MATERIALIZED VIEW IF NOT EXISTS actor_rows_from_topic TO actor_rows AS
SELECT * EXCEPT (_error, _raw_message)
FROM (SELECT *, _error, _raw_message FROM actor_rows_topic)
WHERE length(_error) = 0;

CREATE MATERIALIZED VIEW IF NOT EXISTS actor_rows_not_read
ENGINE = MergeTree ORDER BY (topic, partition, offset) AS
SELECT _topic AS topic, _partition AS partition, _offset AS offset, _error AS error, _raw_message AS value
FROM actor_rows_topic
WHERE length(_error) > 0;
