// pattern: attendees counted in the application, then $push without a condition: more guests than places
import { Collection, Db, ObjectId } from 'mongodb';

interface Meetup {
  _id: ObjectId;
  title: string;
  capacity: number;
  attendees: string[];
}

export class MeetupStore {
  private readonly meetups: Collection<Meetup>;

  constructor(db: Db) {
    this.meetups = db.collection<Meetup>('meetups');
  }

  async join(meetupId: string, userId: string): Promise<'joined' | 'full' | 'member'> {
    const _id = new ObjectId(meetupId);
    const meetup = await this.meetups.findOne({ _id });
    if (!meetup) throw new Error('meetup not found');
    if (meetup.attendees.includes(userId)) return 'member';
    if (meetup.attendees.length >= meetup.capacity) return 'full';
    await this.meetups.updateOne({ _id }, { $push: { attendees: userId } }); // RACE: check-then-act
    return 'joined';
  }
}
