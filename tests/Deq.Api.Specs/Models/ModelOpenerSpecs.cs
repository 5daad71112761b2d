using Deq.Api.Models;
using Deq.Api.Settings;
using Deq.Api.Specs.Servers;
using Deq.Runtime.Bundles;
using Deq.Testing.Bundles;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Deq.Api.Specs.Models;

/// <summary>Bundles that change after they were opened, as what is made last of them tells.</summary>
public sealed class ModelOpenerSpecs : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly TinyBundleOptions s_bundle = new() { Name = "changing", HasJointGraphs = true };

    private readonly BundleServer _server = new(s_bundle, ("Engine:Threads", "1"), ("Engine:RowsPerThread", "2"));
    private readonly WebApplicationFactory<Program> _changing;
    private readonly ModelOpener _opener;
    private Exception? _fault;

    public ModelOpenerSpecs()
    {
        _changing = _server.WithWebHostBuilder(host => host.ConfigureTestServices(services =>
        {
            services.RemoveAll<JointModelOf>();
            services.AddSingleton<JointModelOf>((_, _) =>
            {
                if (_fault is not null)
                {
                    throw _fault;
                }

                return null;
            });
        }));
        _opener = _changing.Services.GetRequiredService<ModelOpener>();
    }

    private string Bundle => Path.Combine(_opener.Folder!, "tiny");

    public async ValueTask DisposeAsync()
    {
        await _changing.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public void Stops_the_engine_of_a_bundle_that_changes_while_it_is_opened_and_says_what_the_bundle_says()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux lists the names of threads.");
        Assert.True(SpinWait.SpinUntil(() => Engines() == 1, s_patience), $"{Engines()} before");
        _fault = new BundleException("there", ["it was replaced."]);

        BundleException fault = Assert.Throws<BundleException>(() => _opener.Open(Bundle, []));

        Assert.Equal(["it was replaced."], fault.Faults);
        Assert.True(SpinWait.SpinUntil(() => Engines() == 1, s_patience), $"{Engines()} after");
    }

    [Fact]
    public void Says_of_any_other_fault_that_the_engine_cannot_be_started()
    {
        _fault = new InvalidOperationException("There is no room.");

        BundleException fault = Assert.Throws<BundleException>(() => _opener.Open(Bundle, []));

        Assert.Equal("its engine cannot be started: There is no room.", Assert.Single(fault.Faults));
    }

    [Fact]
    public void Names_every_engine_that_cannot_be_started()
    {
        TinyBundle.Write(Path.Combine(_opener.Folder!, "second"), s_bundle with { Name = "second" });
        _fault = new InvalidOperationException("There is no room.");

        StartupException failure = Assert.Throws<StartupException>(() => _opener.OpenAll());

        Assert.Equal(2, failure.Faults.Count);
        Assert.All(failure.Faults, fault => Assert.EndsWith("its engine cannot be started: There is no room.", fault, StringComparison.Ordinal));
    }

    /// <summary>Threads of engines of the bundle, as the system names them.</summary>
    private static int Engines() => Directory.EnumerateDirectories("/proc/self/task").Count(thread =>
    {
        try
        {
            return File.ReadAllText(Path.Combine(thread, "comm")).Contains(s_bundle.Name, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // It has just ended.
            return false;
        }
    });
}
