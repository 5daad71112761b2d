using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Api.Tasks;
using Deq.Runtime.Models;
using Deq.Testing.Tasks;
using Microsoft.AspNetCore.Http;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Deq.Api.Specs.Tasks;

/// <summary>A task that only specs register: all that a task needs to be served.</summary>
internal sealed class ServedEcho(PayloadReader reader) : IServedTask
{
    public IModelTask Task { get; } = new EchoTask();

    public string Path => "echo";

    public TaskText Text { get; } = new("Echo", "Gives back numbers.", "Send four single-precision numbers.");

    public IReadOnlyList<SolveParameter> Parameters { get; } = [SolveParameter.MaxEvaluations, SolveParameter.RequireConverged];

    public IReadOnlyList<ProblemKind> Problems { get; } = [ProblemKinds.TensorShape];

    public IReadOnlyList<string> MediaTypes { get; } = [AcceptHeader.Json, "text/csv"];

    public bool Computes => true;

    /// <summary>The names of the threads that stated parts and made answers.</summary>
    public ConcurrentQueue<string> Threads { get; } = [];

    public Task<TaskInput?> ReadAsync(HttpRequest request, ServedModel model, HeldBodies.Share share) => reader.ReadAsync(
        request, share, [PayloadReader.Tensor], () => new ProblemException(ProblemKinds.MissingBody, "The body is empty."), async (body, _, _) =>
            await body.ReadAsync() is not { } bytes ? null
            : bytes.Length == 16 ? new TaskInput((_, _) => [PartOf(bytes)], [])
            : throw new ProblemException(ProblemKinds.TensorShape, $"The body has {bytes.Length} bytes; it must have 16."));

    public TaskAnswer Answer(ServedModel model, IReadOnlyList<SolvedPart> parts, string mediaType)
    {
        Note();
        float[] numbers = (float[])parts[0].Result;
        return new TaskAnswer(new EchoAnswer(model.Manifest.Name, numbers, parts[0].Report))
        {
            Body = mediaType == AcceptHeader.Json
                ? null
                : System.Text.Encoding.UTF8.GetBytes(string.Join(',', numbers.Select(number => number.ToString(CultureInfo.InvariantCulture)))),
        };
    }

    public void Describe(OpenApiOperation operation, OperationFilterContext context) => operation.Responses!["200"] = new OpenApiResponse
    {
        Description = "The numbers.",
        Content = new Dictionary<string, OpenApiMediaType>
        {
            [AcceptHeader.Json] = new() { Schema = context.SchemaGenerator.GenerateSchema(typeof(EchoAnswer), context.SchemaRepository) },
            ["text/csv"] = new() { Schema = TaskDocumentation.Binary() },
        },
    };

    private void Note() => Threads.Enqueue(Thread.CurrentThread.Name ?? "unnamed");

    private SolvePart PartOf(byte[] bytes)
    {
        Note();
        return new()
        {
            Input = numbers =>
            {
                for (int i = 0; i < numbers.Length; i++)
                {
                    numbers[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(i * sizeof(float)));
                }
            },
            Output = numbers => numbers.ToArray(),
        };
    }
}

internal sealed record EchoAnswer(string Model, IReadOnlyList<float> Numbers, SolveReport Solve);
