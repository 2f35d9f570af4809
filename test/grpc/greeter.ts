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
parse(
  `
  syntax = "proto3";
  package grpc.health.v1;
  service Health { rpc Check (HealthCheckRequest) returns (HealthCheckResponse); }
  message HealthCheckRequest { string service = 1; }
  message HealthCheckResponse {
    enum ServingStatus { UNKNOWN = 0; SERVING = 1; NOT_SERVING = 2; SERVICE_UNKNOWN = 3; }
    ServingStatus status = 1;
  }
`,
  root,
)

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

/** The client of gRPC's health checks. */
export interface Health extends grpc.Client {
  check(
    request: { service: string },
    done: grpc.requestCallback<{ status: string }>,
  ): grpc.ClientUnaryCall
}

type ClientClass<Client> = new (...args: ConstructorParameters<typeof grpc.Client>) => Client

const clients = grpc.loadPackageDefinition(
  loader.fromJSON(root.toJSON(), { enums: String }),
) as unknown as {
  example: { Greeter: ClientClass<Greeter> }
  grpc: { health: { v1: { Health: ClientClass<Health> } } }
}

/** A client of the server's health; see `connectGreeter`. */
export function connectHealth(address: number | string, ca: string | null): Health {
  return connect(clients.grpc.health.v1.Health, address, ca, {})
}

/** A client; `ca` is PEM, and `null` cleartext. `address`: a port, or an address as gRPC has it. */
export function connectGreeter(
  address: number | string,
  ca: string | null,
  options: grpc.ChannelOptions = {},
): Greeter {
  return connect(clients.example.Greeter, address, ca, options)
}

function connect<Client>(
  Class: ClientClass<Client>,
  address: number | string,
  ca: string | null,
  options: grpc.ChannelOptions,
): Client {
  const credentials = ca
    ? grpc.credentials.createSsl(Buffer.from(ca))
    : grpc.credentials.createInsecure()
  return new Class(typeof address === 'number' ? `localhost:${address}` : address, credentials, {
    'grpc.max_receive_message_length': 16 << 20,
    'grpc.max_send_message_length': 16 << 20,
    // The certificate is for this name; the server listens on one address.
    'grpc.ssl_target_name_override': 'localhost',
    ...options,
  })
}
