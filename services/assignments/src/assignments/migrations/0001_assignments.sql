CREATE TABLE assignments (
    assignment_id uuid PRIMARY KEY,
    version integer NOT NULL CHECK (version > 0),
    state text NOT NULL CHECK (state IN ('draft', 'open', 'closed')),
    closed_reason text CHECK (closed_reason IN ('filled', 'withdrawn', 'expired')),
    facts jsonb NOT NULL,
    respond_by timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((state = 'closed') = (closed_reason IS NOT NULL))
);
CREATE INDEX assignments_to_expire ON assignments (respond_by) WHERE state = 'open';
CREATE INDEX assignments_by_state ON assignments (state, assignment_id);
