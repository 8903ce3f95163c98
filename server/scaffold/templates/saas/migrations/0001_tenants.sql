CREATE TABLE tenants (
  id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  name text NOT NULL UNIQUE,
  key_hash text NOT NULL UNIQUE,
  projects integer NOT NULL DEFAULT 0,
  projects_max integer NOT NULL,
  CHECK (projects >= 0 AND projects <= projects_max)
);
CREATE TABLE projects (
  id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  tenant_id integer NOT NULL REFERENCES tenants (id),
  name text NOT NULL,
  UNIQUE (tenant_id, name)
);
