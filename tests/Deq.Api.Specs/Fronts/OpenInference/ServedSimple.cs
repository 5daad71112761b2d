using System.Buffers.Binary;
using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Api.Specs.Servers;
using Deq.Api.Tasks;
using Deq.Runtime.Models;
using Deq.Runtime.Scheduling.Engine;
using Deq.Testing.Models;
using Microsoft.AspNetCore.Http;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Deq.Api.Specs.Fronts.OpenInference;

/// <summary>The task of NVIDIA's example model <c>simple</c>: the sum and the difference of two rows of sixteen integers. By tensors alone.</summary>
internal sealed class ServedSimple : IServedTask, ITensorTask, IModelTask
{
    public const string Model = "simple";

    private const int Width = 16;

    public IModelTask Task => this;

    public string Name => Model;

    public string Path => Model;

    public TaskText Text { get; } = new("Simple", "Adds and subtracts.", "By tensors alone.");

    public IReadOnlyList<SolveParameter> Parameters => GraphTensors.Instance.Parameters;

    public IReadOnlyList<ProblemKind> Problems => [];

    public IReadOnlyList<string> MediaTypes { get; } = [AcceptHeader.Json];

    public ITensorTask Tensors => this;

    /// <summary>Runs before a request's parts are made, on the thread that does. Default nothing.</summary>
    public Action Asked { get; init; } = () => { };

    /// <summary>Its fixed point is its input, found by one evaluation.</summary>
    public static ServedModel Served(EngineMetrics metrics) => new(
        Server.Manifest with { Name = Model, Version = "1", Task = Model, Labels = [] },
        Server.Hash,
        new InferenceEngine(Model, new LinearModel(2 * Width) { Slope = 0 }, new() { Threads = 1, RowsPerThread = 4 }, metrics: metrics));

    public IEnumerable<string> Faults(ModelManifest manifest) => [];

    public ModelContract Contract(ModelManifest manifest) => new() { Input = "INPUT", CellInjections = ["x"], Output = "OUTPUT" };

    public IReadOnlyList<TensorDeclaration> InputsOf(ServedModel model) => [Declare("INPUT0"), Declare("INPUT1")];

    public IReadOnlyList<TensorDeclaration> OutputsOf(ServedModel model) => [Declare("OUTPUT0"), Declare("OUTPUT1")];

    public IReadOnlyList<SolvePart> Parts(ServedModel model, IReadOnlyList<Tensor> inputs)
    {
        Asked();
        return [.. Enumerable.Range(0, (int)inputs[0].Shape[0]).Select(row => new SolvePart
        {
            Input = numbers =>
            {
                for (int i = 0; i < numbers.Length; i++)
                {
                    numbers[i] = BinaryPrimitives.ReadInt32LittleEndian(inputs[i / Width].Row(row).Span[(i % Width * sizeof(int))..]);
                }
            },
            Output = numbers => new[] { Row("OUTPUT0", numbers, 1), Row("OUTPUT1", numbers, -1) },
        })];
    }

    public Task<TaskInput?> ReadAsync(HttpRequest request, ServedModel model, HeldBodies.Share share) =>
        throw new ProblemException(ProblemKinds.MissingBody, "This task takes tensors alone.");

    public TaskAnswer Answer(ServedModel model, IReadOnlyList<SolvedPart> parts, string mediaType) => throw new NotSupportedException();

    public void Describe(OpenApiOperation operation, OperationFilterContext context)
    {
    }

    private static TensorDeclaration Declare(string name) => new(name, ElementType.Int32, [TensorDeclaration.Any, Width]);

    private static Tensor Row(string name, ReadOnlySpan<float> numbers, int sign)
    {
        byte[] bytes = new byte[Width * sizeof(int)];
        for (int i = 0; i < Width; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(i * sizeof(int)), (int)Math.Round(numbers[i] + (sign * numbers[Width + i])));
        }

        return new Tensor(name, ElementType.Int32, [Width], bytes);
    }
}
