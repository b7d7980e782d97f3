-- Who does which opdracht. A placement of an erased person keeps no profile id.
CREATE TABLE placements (
    placement_id uuid PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    assignment_id uuid NOT NULL,
    profile_id uuid,
    organisation_type text NOT NULL,
    level text NOT NULL,
    starts_on date NOT NULL,
    ends_on date NOT NULL,
    hours bigint NOT NULL,
    rate_cents bigint NOT NULL,
    contract_form text NOT NULL,
    state text NOT NULL CHECK (state IN ('agreed', 'ended')),
    ended_on date,
    ended_reason text CHECK (ended_reason IN ('completed', 'early', 'cancelled')),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK (starts_on <= ends_on),
    CHECK ((state = 'ended') = (ended_reason IS NOT NULL))
);
CREATE INDEX placements_by_assignment ON placements (assignment_id, placement_id);
CREATE INDEX placements_by_profile ON placements (profile_id, placement_id) WHERE profile_id IS NOT NULL;
CREATE INDEX placements_by_last_day ON placements ((coalesce(ended_on, ends_on)));

-- Who there is, from topic `profiles`: only who is known, and not erased, can be placed. Their row is the lock on
-- their hours.
CREATE TABLE people (
    profile_id uuid PRIMARY KEY,
    erased_at timestamptz
);
