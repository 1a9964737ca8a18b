/** What can happen. Events are kept for ever and read by every version of the app, so a new shape gets a new name. */
import { Events, Schema } from 'livestore'

export const todoCreated = Events.synced({
  name: 'v1.TodoCreated',
  schema: Schema.Struct({ id: Schema.String, text: Schema.String, createdAt: Schema.Int }),
})

export const todoRenamed = Events.synced({
  name: 'v1.TodoRenamed',
  schema: Schema.Struct({ id: Schema.String, text: Schema.String }),
})

export const todoCompleted = Events.synced({
  name: 'v1.TodoCompleted',
  schema: Schema.Struct({ id: Schema.String }),
})

export const todoReopened = Events.synced({
  name: 'v1.TodoReopened',
  schema: Schema.Struct({ id: Schema.String }),
})

export const todoDeleted = Events.synced({
  name: 'v1.TodoDeleted',
  schema: Schema.Struct({ id: Schema.String }),
})
