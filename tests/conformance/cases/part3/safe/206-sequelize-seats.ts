// pattern: row locked with LOCK.UPDATE in the transaction that saves it
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
  const enrolled = await sequelize.transaction(async (transaction) => {
    const course = await Course.findByPk(req.params.id, { transaction, lock: transaction.LOCK.UPDATE });
    if (!course || course.seatsLeft < 1) return false;
    await Enrolment.create({ courseId: course.id, studentId: req.body.studentId }, { transaction });
    course.seatsLeft -= 1;
    await course.save({ transaction });
    return true;
  });
  res.status(enrolled ? 201 : 409).end();
}
