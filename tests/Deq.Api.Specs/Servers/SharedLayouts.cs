using Deq.Api.Specs.Servers;
using Deq.Testing.Bundles;

[assembly: AssemblyFixture(typeof(SharedLayouts))]

namespace Deq.Api.Specs.Servers;

/// <summary>Where the servers of one run keep what layouts cost: not among the user's data, and measured once for all of them.</summary>
public sealed class SharedLayouts : IDisposable
{
    private const string Variable = "Engine__CacheDirectory";

    private readonly TemporaryFolder _folder = new();

    public SharedLayouts() => Environment.SetEnvironmentVariable(Variable, _folder.Path);

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(Variable, null);
        _folder.Dispose();
    }
}
