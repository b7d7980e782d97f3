-- Who does which opdracht, and on what terms, as PlacementAgreed, -Changed and -Ended told last.
CREATE TABLE placements (
    placement_id uuid PRIMARY KEY,
    version bigint NOT NULL,
    assignment_id uuid NOT NULL,
    profile_id uuid, -- null once the person is erased
    organisation_type text NOT NULL,
    level text NOT NULL,
    starts_on date NOT NULL,
    ends_on date NOT NULL,
    hours bigint NOT NULL,
    rate_cents bigint NOT NULL,
    contract_form text NOT NULL,
    state text NOT NULL,
    ended_on date,
    ended_reason text,
    agreed_at timestamptz NOT NULL, -- of the first event that was heard
    changed_at timestamptz NOT NULL, -- of the latest
    -- It counts where it did not turn out to be nothing.
    counts boolean NOT NULL GENERATED ALWAYS AS (ended_reason IS DISTINCT FROM 'cancelled') STORED
);
CREATE INDEX placements_by_assignment ON placements (assignment_id, profile_id);
CREATE INDEX placements_by_profile ON placements (profile_id) WHERE profile_id IS NOT NULL;
CREATE INDEX placements_by_end ON placements (ends_on) WHERE state = 'agreed';

-- How the people at work said that it goes: CheckInAnswered, each.
CREATE TABLE checkins (
    placement_id uuid,
    answered_at timestamptz,
    profile_id uuid NOT NULL,
    answer text NOT NULL,
    sentence text,
    PRIMARY KEY (placement_id, answered_at)
);
CREATE INDEX checkins_by_profile ON checkins (profile_id);
