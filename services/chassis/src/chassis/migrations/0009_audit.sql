-- Who did what (`chassis.audit`): ids and names of fields only. A row is written in the transaction of the act.
CREATE TABLE audit_acts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    issuer text NOT NULL CHECK (issuer <> ''),
    subject text NOT NULL CHECK (subject <> ''),
    role text CHECK (role <> ''),
    action text NOT NULL CHECK (action <> ''),
    object_kind text NOT NULL CHECK (object_kind <> ''),
    object_id uuid,
    people uuid[] NOT NULL,
    fields text[] NOT NULL,
    trace_id text CHECK (trace_id <> '')
);

-- The acts that are not in the chain yet. An act and its row here are committed together.
CREATE TABLE audit_unchained (
    act_id bigint PRIMARY KEY REFERENCES audit_acts
);

CREATE TABLE audit_chain (
    number bigint PRIMARY KEY CHECK (number > 0),
    act_id bigint NOT NULL UNIQUE REFERENCES audit_acts,
    previous bytea NOT NULL CHECK (octet_length(previous) = 32),
    hash bytea NOT NULL CHECK (octet_length(hash) = 32)
);

-- Up to where the chain was pruned, each time: what is left of it begins with this hash.
CREATE TABLE audit_pruned (
    number bigint PRIMARY KEY,
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    pruned_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE FUNCTION queue_audit_acts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_unchained (act_id) SELECT id FROM written;
    RETURN NULL;
END $$;
CREATE TRIGGER audit_acts_written AFTER INSERT ON audit_acts
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION queue_audit_acts();

-- What is written stays as it is, whoever's mistake it would be; where the service has a role of its own, that has no
-- right to it either. Only `audit_prune` may take away: PostgreSQL itself says whether it is what runs, in
-- whatever language.
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    running text;
BEGIN
    GET DIAGNOSTICS running = PG_CONTEXT;
    IF TG_OP = 'DELETE' AND running ~ '(?n)^[^"«»„“]*\maudit_prune\(' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_acts_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_acts
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_chain_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_chain
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_pruned_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_pruned
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

-- Takes away the beginning of the chain, up to `most` links of it, in which every act is of before the day of `before`
-- (UTC), and its acts; tells how many. It runs with the rights of who made it: the service needs none to delete.
-- Nobody makes it take what is not a month old, by the database's clock.
CREATE FUNCTION audit_prune(before timestamptz, most bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    kept bigint;
    last bigint;
    pruned bigint;
BEGIN
    SELECT number INTO kept
    FROM audit_chain JOIN audit_acts ON id = act_id
    WHERE at >= date_trunc('day', least(before, clock_timestamp() - interval '31 days'), 'UTC')
    ORDER BY number
    LIMIT 1;
    SELECT max(number) INTO last FROM (
        SELECT number FROM audit_chain WHERE kept IS NULL OR number < kept ORDER BY number LIMIT most
    ) AS oldest;
    IF last IS NULL THEN
        RETURN 0;
    END IF;
    INSERT INTO audit_pruned (number, hash) SELECT number, hash FROM audit_chain WHERE number = last;
    WITH gone AS (
        DELETE FROM audit_chain WHERE number <= last RETURNING act_id
    )
    DELETE FROM audit_acts USING gone WHERE id = act_id;
    GET DIAGNOSTICS pruned = ROW_COUNT;
    RETURN pruned;
END $$;
