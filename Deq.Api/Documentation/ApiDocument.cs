using Deq.Api.Requests;
using Deq.Runtime.Models;
using Microsoft.OpenApi;

namespace Deq.Api.Documentation;

/// <summary>The API document at <c>/swagger/v1/swagger.json</c> and its page at <c>/swagger</c>.</summary>
internal static class ApiDocument
{
    private const string Version = "v1";
    private const string Root = "/swagger";

    public static void AddApiDocument(this WebApplicationBuilder builder)
    {
        builder.Services.AddEndpointsApiExplorer();
        builder.Services.AddSwaggerGen(options =>
        {
            options.SwaggerDoc(Version, new OpenApiInfo
            {
                Title = "Deq",
                Version = Version,
                Description = "Inference with deep equilibrium models. A request decides how much compute it gets, "
                    + "and every answer says how it was found.",
            });
            options.SupportNonNullableReferenceTypes();
            options.NonNullableReferenceTypesAsRequired();
            options.ParameterFilter<ModelNameDocumentation>();
            options.OperationFilter<OperationDescriptions>();
            options.OperationFilter<ProblemDocumentation>();
            options.DocumentFilter<FirstCallDocumentation>();
            foreach (Type type in new[] { typeof(ApiDocument), typeof(ModelManifest) })
            {
                string comments = Path.Combine(AppContext.BaseDirectory, type.Assembly.GetName().Name + ".xml");
                if (File.Exists(comments))
                {
                    options.IncludeXmlComments(comments);
                }
            }
        });
    }

    public static void UseApiDocument(this WebApplication app)
    {
        // The page's scripts too are larger than what one connection may hold uncounted.
        app.Use((http, next) => http.Request.Path.StartsWithSegments(Root, StringComparison.OrdinalIgnoreCase) ? http.SendKeptAsync(SentAnswer.CopiedBytes, () => next(http)) : next(http));
        app.UseDocumentOnce($"{Root}/{Version}/swagger.json");
        app.UseSwagger(options => options.RouteTemplate = "swagger/{documentName}/swagger.json");
        app.UseSwaggerUI(options =>
        {
            options.SwaggerEndpoint($"{Root}/{Version}/swagger.json", "Deq");
            options.InjectJavascript("/page/swagger.js");
            options.UseRequestInterceptor("function (request) { return window.deqRequest(request); }");
            options.UseResponseInterceptor("function (response) { return window.deqResponse(response); }");
        });
    }
}
