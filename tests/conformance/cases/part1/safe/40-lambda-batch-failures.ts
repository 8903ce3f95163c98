// pattern: each record returns its failures, the module counter only ever grows by one in a single step
import type { SQSBatchItemFailure, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { importOrder } from './import-order';

let handled = 0;

async function processRecord(record: SQSRecord): Promise<SQSBatchItemFailure[]> {
  try {
    await importOrder(JSON.parse(record.body));
    handled += 1;
    return [];
  } catch (err) {
    console.error('record failed', record.messageId, err);
    return [{ itemIdentifier: record.messageId }];
  }
}

export const handler = async (event: SQSEvent): Promise<SQSBatchResponse> => {
  const failures = await Promise.all(event.Records.map(processRecord));
  console.info('records handled since start', handled);
  return { batchItemFailures: failures.flat() };
};
