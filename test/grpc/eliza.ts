/** A service for Connect, described here instead of by a generator. */
import { create, createFileRegistry, type Message } from '@bufbuild/protobuf'
import type { GenMessage, GenService } from '@bufbuild/protobuf/codegenv2'
import {
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FileDescriptorSetSchema,
} from '@bufbuild/protobuf/wkt'

export type Text = Message<'example.Text'> & { text: string }

interface Method<Kind extends string> {
  methodKind: Kind
  input: GenMessage<Text>
  output: GenMessage<Text>
}

type ElizaService = GenService<{
  say: Method<'unary'>
  join: Method<'client_streaming'>
  split: Method<'server_streaming'>
  shout: Method<'bidi_streaming'>
}>

const types = { inputType: '.example.Text', outputType: '.example.Text' }
const label = Label.OPTIONAL
const text = { name: 'text', number: 1, type: Type.STRING, label, jsonName: 'text' }

const files = createFileRegistry(
  create(FileDescriptorSetSchema, {
    file: [
      {
        name: 'example.proto',
        package: 'example',
        syntax: 'proto3',
        messageType: [{ name: 'Text', field: [text] }],
        service: [
          {
            name: 'Eliza',
            method: [
              { name: 'Say', ...types },
              { name: 'Join', ...types, clientStreaming: true },
              { name: 'Split', ...types, serverStreaming: true },
              { name: 'Shout', ...types, clientStreaming: true, serverStreaming: true },
            ],
          },
        ],
      },
    ],
  }),
)

export const Eliza: ElizaService = files.getService('example.Eliza') as ElizaService
