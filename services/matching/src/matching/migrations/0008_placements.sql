-- Who does which opdracht, from topic `placements`. A pair with one that was not cancelled is placed: it stands as it
-- stood, without a seat, and is not judged until the placement is taken back. `ends_on`: the last day, also where it ended early.
CREATE TABLE placements (
    placement_id uuid PRIMARY KEY,
    version bigint NOT NULL,
    assignment_id uuid NOT NULL,
    profile_id uuid NOT NULL,
    level text NOT NULL,
    starts_on date NOT NULL,
    ends_on date NOT NULL,
    rate_cents bigint NOT NULL,
    cancelled boolean NOT NULL
);
CREATE INDEX placements_by_pair ON placements (assignment_id, profile_id);
CREATE INDEX placements_by_profile ON placements (profile_id);
ALTER TABLE matches ADD COLUMN placed boolean NOT NULL DEFAULT false;
