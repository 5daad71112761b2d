using Deq.Api.Fronts.OpenInference.Rpc.Wire;
using Deq.Testing;

namespace Deq.Api.Specs.Clients;

public sealed class BoundedRpcSpecs
{
    [Fact]
    public void Makes_every_client_of_the_specs_so_that_none_waits_without_end()
    {
        string made = $"new {nameof(GRPCInferenceService)}.";

        Assert.DoesNotContain(
            Directory.EnumerateFiles(Repository.Folder("tests", "Deq.Api.Specs"), "*.cs", SearchOption.AllDirectories),
            file => File.ReadAllText(file).Contains(made, StringComparison.Ordinal));
    }
}
