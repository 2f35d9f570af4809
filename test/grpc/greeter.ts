/** The service of examples/grpc.ts to the client of gRPC's own. */
import * as grpc from '@grpc/grpc-js'
import * as loader from '@grpc/proto-loader'
import { parse } from 'protobufjs'

const { root } = parse(`
  syntax = "proto3";
  package example;
  service Greeter {
    rpc Greet (Text) returns (Text);
    rpc Join (stream Text) returns (Text);
    rpc Split (Text) returns (stream Text);
    rpc Shout (stream Text) returns (stream Text);
    rpc Nothing (Text) returns (Text);
  }
  message Text { string text = 1; }
`)

export interface Text {
  readonly text: string
}

export interface Greeter extends grpc.Client {
  greet(
    text: Text,
    options: grpc.CallOptions,
    done: grpc.requestCallback<Text>,
  ): grpc.ClientUnaryCall
  nothing(text: Text, done: grpc.requestCallback<Text>): grpc.ClientUnaryCall
  join(done: grpc.requestCallback<Text>): grpc.ClientWritableStream<Text>
  split(text: Text, options?: grpc.CallOptions): grpc.ClientReadableStream<Text>
  shout(): grpc.ClientDuplexStream<Text, Text>
}

/** A client; `ca` is PEM, and `null` cleartext. */
export function connectGreeter(
  port: number,
  ca: string | null,
  options: grpc.ChannelOptions = {},
): Greeter {
  const definition = loader.fromJSON(root.toJSON())
  const { example } = grpc.loadPackageDefinition(definition) as unknown as {
    example: { Greeter: new (...args: ConstructorParameters<typeof grpc.Client>) => Greeter }
  }
  const credentials = ca
    ? grpc.credentials.createSsl(Buffer.from(ca))
    : grpc.credentials.createInsecure()
  return new example.Greeter(`localhost:${port}`, credentials, {
    'grpc.max_receive_message_length': 16 << 20,
    'grpc.max_send_message_length': 16 << 20,
    // The certificate is for this name; the server listens on one address.
    'grpc.ssl_target_name_override': 'localhost',
    ...options,
  })
}
