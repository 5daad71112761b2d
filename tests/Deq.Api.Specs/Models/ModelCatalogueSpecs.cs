using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Specs.Servers;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Queue;
using Deq.Testing.Models;

namespace Deq.Api.Specs.Models;

public sealed class ModelCatalogueSpecs
{
    [Fact]
    public async Task Has_a_replaced_model_answer_the_requests_that_hold_it()
    {
        using var gate = new ManualResetEventSlim();
        var closed = new Closed();
        await using var catalogue = new ModelCatalogue([Model("1", new LinearModel(4) { Encoding = () => gate.Wait(TimeSpan.FromMinutes(5)) }, closed)]);
        using ModelLease before = catalogue.Rent("linear");

        Task closing = catalogue.PutAsync(Model("2", new LinearModel(4)));
        Task<InferenceAnswer<float>> accepted = Ask(before.Model);
        using ModelLease after = catalogue.Rent("linear");
        InferenceAnswer<float> second = await Ask(after.Model);

        Assert.Equal(("1", "2"), (before.Model.Manifest.Version, after.Model.Manifest.Version));
        Assert.Equal(3, second.Result, 1e-2);
        Assert.Equal(1, catalogue.Draining);
        Assert.False(closed.IsDisposed);
        gate.Set();
        Assert.Equal(3, (await accepted).Result, 1e-2);
        before.Dispose();
        await closing;
        Assert.True(closed.IsDisposed);
        Assert.False(before.Model.Engine.IsRunning);
        Assert.Equal(0, catalogue.Draining);
    }

    [Fact]
    public async Task Closes_a_removed_model_at_once_where_no_request_holds_it()
    {
        var closed = new Closed();
        await using var catalogue = new ModelCatalogue([Model("1", new LinearModel(4), closed)]);
        catalogue.Rent("linear").Dispose();
        int version = catalogue.Version;

        await catalogue.RemoveAsync("linear");

        Assert.True(closed.IsDisposed);
        Assert.Empty(catalogue.All);
        Assert.NotEqual(version, catalogue.Version);
        Assert.Throws<ProblemException>(() => catalogue.Rent("linear"));
        await Assert.ThrowsAsync<ProblemException>(() => catalogue.RemoveAsync("linear"));
    }

    [Fact]
    public async Task Is_ready_without_the_models_that_may_come_as_long_as_it_has_one()
    {
        await using var catalogue = new ModelCatalogue([]) { Expected = ["linear", "other"] };

        bool empty = catalogue.IsReady;
        await catalogue.PutAsync(Model("1", new LinearModel(4)));

        Assert.False(empty);
        Assert.True(catalogue.IsReady);
        ProblemException problem = Assert.Throws<ProblemException>(() => catalogue.Find("other"));
        Assert.Contains("fetched from elsewhere", problem.Message);
    }

    private static ServedModel Model(string version, LinearModel model, IDisposable? bundle = null) => new(
        Server.Manifest with { Version = version }, Server.Hash, new InferenceEngine("linear", model, new() { Threads = 1, RowsPerThread = 1 }))
    {
        Bundle = bundle,
    };

    private static Task<InferenceAnswer<float>> Ask(ServedModel model)
    {
        var request = new InferenceRequest<float>
        {
            Input = input => input.Fill(3),
            Output = output => output[0],
            Method = FixedPointMethods.Named("picard"),
            Budget = new() { Evaluations = 50 },
        };
        Assert.Equal(Admission.Accepted, model.Engine.Submit([request], out IReadOnlyList<Task<InferenceAnswer<float>>> answers).Outcome);
        return answers[0];
    }

    private sealed class Closed : IDisposable
    {
        public bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }
}
