export * from './@mikro-orm__core';
export { EntityManager as SqlEntityManager, EntityRepository as SqlEntityRepository } from './@mikro-orm__core';
