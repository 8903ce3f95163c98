// sequelize-typescript: classes that extend the same models, with decorators for their columns.
export * from './sequelize';
