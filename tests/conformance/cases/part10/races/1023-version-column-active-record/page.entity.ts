import { BaseEntity, Column, Entity, PrimaryGeneratedColumn, VersionColumn } from 'typeorm';

@Entity()
export class Page extends BaseEntity {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column('text')
  body!: string;

  @Column('int', { default: 0 })
  edits!: number;

  @VersionColumn()
  version!: number;
}
