import { callMedia } from './call-media.ts'
import { messaging } from './messaging.ts'
import { services } from './services.ts'
import { voice } from './voice.ts'

/** Of every kind whose parameters are names and values: the table's lists, which the types are made of too. */
export type FormLists = typeof messaging & typeof voice & typeof callMedia & typeof services

export const formLists: FormLists = { ...messaging, ...voice, ...callMedia, ...services }
