using Deq.Api.Streams;
using Deq.Api.Tasks.Classification;
using Deq.Api.Tasks.Flow;
using Deq.Runtime.Bundles;
using Microsoft.OpenApi;

namespace Deq.Api.Documentation;

/// <summary>The API document at <c>/swagger/v1/swagger.json</c> and its page at <c>/swagger</c>.</summary>
internal static class ApiDocument
{
    private const string Version = "v1";

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
            options.OperationFilter<ClassificationDocumentation>();
            options.OperationFilter<FlowDocumentation>();
            options.OperationFilter<StreamDocumentation>();
            options.OperationFilter<ProblemDocumentation>();
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
        app.UseSwagger();
        app.UseSwaggerUI(options => options.SwaggerEndpoint($"/swagger/{Version}/swagger.json", "Deq"));
    }
}
