import { Page } from '../../ui/page';

export function ApiPage() {
  return (
    <Page title="API" lead="Every RPC as the gateway serves it over HTTP, to read and to try.">
      <p>
        <a href="/docs">Open it on its own</a>, or take the document:{' '}
        <a href="/openapi.json">openapi.json</a> (OpenAPI 3.1). gRPC itself has reflection:{' '}
        <code>grpcurl -plaintext localhost:50051 list</code>.
      </p>
      {/* Swagger UI is light; on a white ground it reads in both themes. */}
      <iframe
        src="/docs"
        title="Swagger UI"
        className="h-[calc(100vh-9rem)] w-full rounded-md border border-line"
        style={{ background: '#fff', colorScheme: 'light' }}
      />
    </Page>
  );
}
