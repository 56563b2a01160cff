// Shows this service's own description with Swagger UI 5.35.0 (Apache-2.0, swagger-ui-license.txt), unchanged, from here and no CDN.
SwaggerUIBundle({ url: "openapi.json", dom_id: "#reference", deepLinking: true, docExpansion: "list", defaultModelsExpandDepth: 0 });
