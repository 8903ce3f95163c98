/** Tenants and their projects. Every statement about a project names its tenant. */

import { createHash, randomBytes } from 'node:crypto';
import type { Database } from './database.ts';

export interface Tenant {
  readonly id: number;
  readonly name: string;
}
export interface Project {
  readonly id: number;
  readonly name: string;
}

function hash(key: string): string {
  return createHash('sha256').update(key).digest('base64url');
}

export class Tenants {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** A new tenant's key, which is shown once; nothing when the name is taken. */
  async add(name: string, projectsMax: number): Promise<string | undefined> {
    const key = randomBytes(24).toString('base64url');
    const added = await this.#db.query(
      'INSERT INTO tenants (name, key_hash, projects_max) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING id',
      [name, hash(key), projectsMax],
    );
    return added.length > 0 ? key : undefined;
  }

  async ofKey(key: string): Promise<Tenant | undefined> {
    const [tenant] = await this.#db.query<Tenant>('SELECT id, name FROM tenants WHERE key_hash = $1', [hash(key)]);
    return tenant;
  }

  projects(tenant: number): Promise<Project[]> {
    return this.#db.query<Project>('SELECT id, name FROM projects WHERE tenant_id = $1 ORDER BY id', [tenant]);
  }

  /** The new project; else why there is none. */
  addProject(tenant: number, name: string): Promise<Project | 'full' | 'taken'> {
    return this.#db.transaction(async (tx) => {
      // Takes the place first; the row stays locked until the end, so two requests cannot take the same.
      const place = await tx.query(
        'UPDATE tenants SET projects = projects + 1 WHERE id = $1 AND projects < projects_max RETURNING id',
        [tenant],
      );
      if (place.length === 0) return 'full';
      const [project] = await tx.query<Project>(
        'INSERT INTO projects (tenant_id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING id, name',
        [tenant, name],
      );
      if (project) return project;
      await tx.query('UPDATE tenants SET projects = projects - 1 WHERE id = $1', [tenant]);
      return 'taken';
    });
  }

  removeProject(tenant: number, id: number): Promise<boolean> {
    return this.#db.transaction(async (tx) => {
      // Locks in the same order as addProject: first the tenant, then the project.
      await tx.query('SELECT id FROM tenants WHERE id = $1 FOR UPDATE', [tenant]);
      const gone = await tx.query('DELETE FROM projects WHERE tenant_id = $1 AND id = $2 RETURNING id', [tenant, id]);
      if (gone.length === 0) return false;
      await tx.query('UPDATE tenants SET projects = projects - 1 WHERE id = $1', [tenant]);
      return true;
    });
  }
}
