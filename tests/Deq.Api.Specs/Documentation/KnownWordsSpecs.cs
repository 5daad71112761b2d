using System.Reflection;
using System.Text.Json;
using Deq.Api.Ensembles;
using Deq.Api.Fronts.OpenInference;
using Deq.Api.Health;
using Deq.Api.Models.Sources;
using Deq.Api.Solving;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Api.Tasks;
using Deq.Api.Tasks.Flow;
using Deq.Api.Tasks.Reasoning;
using Deq.Api.Tasks.Restoration;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Tasks.Flow.WarmStarts;
using Deq.Runtime.Tasks.Reasoning;
using Deq.Runtime.Tasks.Restoration;

namespace Deq.Api.Specs.Documentation;

/// <summary>A member of an answer that is one of a few words lists them in the API document: all that the code writes, and no other.</summary>
public sealed class KnownWordsSpecs : IAsyncLifetime
{
    private readonly EnsembleServer _server = new();
    private JsonElement _schemas;

    public static TheoryData<string, string, string?[]> Members => new()
    {
        { nameof(FrameAnswer), "start", [StreamedPair.Warped, StreamedPair.Cold, null] },
        { nameof(FrameAnswer), "coldReason", [.. Constants(typeof(ColdReasons)), null] },
        { nameof(RestoredFrame), "start", [RestoredFrame.Last, RestoredFrame.Cold, null] },
        { nameof(RestoredFrame), "coldReason", [.. Constants(typeof(RestoredFrame)).Except([RestoredFrame.Last, RestoredFrame.Cold]), null] },
        { nameof(RestorationReport), "operator", [.. Constants(typeof(Degradation))] },
        { nameof(ReasoningResult), "effort", [.. EffortLevel.Names] },
        { nameof(ReasoningResult), "select", [.. Constants(typeof(StartSelection))] },
        { nameof(SolveReport), "stop", [.. Enum.GetValues<StopReason>().Select(reason => reason.Name())] },
        { nameof(SolveReport), "solver", [.. FixedPointMethods.Names] },
        { nameof(SolveReport), "priority", ["normal", "high"] },
        { nameof(EnsembleAnswer), "stop", [.. EnsembleVote.Stops] },
        { nameof(SourceState), "state", [SourceState.Waiting, SourceState.Loading, SourceState.Faulty] },
        { nameof(RepositoryEntry), "state", ["READY", "LOADING", "UNAVAILABLE"] },
        { nameof(TensorMetadata), "datatype", [.. ElementType.All.Select(type => type.Name)] },
        { nameof(HealthReport), "status", [HealthReport.Live, HealthReport.Ready, HealthReport.NotReady] },
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        using HttpClient client = _server.CreateClient();
        _schemas = (await client.GetAsync("/swagger/v1/swagger.json", Cancellation).Ok()).GetProperty("components").GetProperty("schemas");
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [MemberData(nameof(Members))]
    public void Are_those_that_the_code_writes_and_null_where_that_is_one(string answer, string member, string?[] words)
    {
        JsonElement schema = _schemas.GetProperty(answer).GetProperty("properties").GetProperty(member);

        Assert.Equal(words.Order(), schema.GetProperty("enum").EnumerateArray().Select(word => word.GetString()).Order());
        Assert.Equal(words.Any(word => word is null), schema.TryGetProperty("nullable", out JsonElement nullable) && nullable.GetBoolean());
    }

    private static IEnumerable<string> Constants(Type type) => type
        .GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static)
        .Where(field => field.IsLiteral && field.FieldType == typeof(string))
        .Select(field => (string)field.GetRawConstantValue()!);
}
