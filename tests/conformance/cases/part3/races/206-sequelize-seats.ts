// pattern: instance loaded, field decremented, saved; no lock, no version
import { DataTypes, Model, Sequelize } from 'sequelize';
import type { Request, Response } from 'express';

const sequelize = new Sequelize(process.env.DATABASE_URL!);

class Course extends Model {
  declare id: number;
  declare seatsLeft: number;
}
Course.init({ id: { type: DataTypes.INTEGER, primaryKey: true }, seatsLeft: DataTypes.INTEGER }, { sequelize, modelName: 'course' });

class Enrolment extends Model {}
Enrolment.init({ courseId: DataTypes.INTEGER, studentId: DataTypes.INTEGER }, { sequelize, modelName: 'enrolment' });

export async function enrol(req: Request, res: Response): Promise<void> {
  const course = await Course.findByPk(req.params.id);
  if (!course || course.seatsLeft < 1) {
    res.status(409).json({ error: 'course is full' });
    return;
  }
  await Enrolment.create({ courseId: course.id, studentId: req.body.studentId });
  course.seatsLeft -= 1;
  await course.save(); // RACE: lost-update
  res.status(201).end();
}
