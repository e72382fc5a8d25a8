// Swagger UI on the gateway's own document. Nothing is asked of another host: the badge of the
// online validator is off, as the Content-Security-Policy of the page would have it anyway.
SwaggerUIBundle({
  url: new URL('openapi.json', document.baseURI).href,
  dom_id: '#swagger-ui',
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: 'list',
  filter: true,
  layout: 'BaseLayout',
  presets: [SwaggerUIBundle.presets.apis],
  tryItOutEnabled: true,
  validatorUrl: null,
});
