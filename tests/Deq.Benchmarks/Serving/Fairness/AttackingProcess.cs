using System.Diagnostics;

namespace Deq.Benchmarks.Serving.Fairness;

/// <summary>An attacker in a process of its own, so that neither its collections nor its threads delay those who ask small questions.</summary>
internal static class AttackingProcess
{
    /// <summary>What an attacking process is started with, before the attack's name and the server's address.</summary>
    public const string Option = "--attack-until-killed";

    /// <summary>Starts an attack; killed when disposed.</summary>
    public static IDisposable Start(Attack attack, Uri server) =>
        new Started(Process.Start("dotnet", [typeof(AttackingProcess).Assembly.Location, "fairness", Option, attack.Name, server.ToString()]));

    /// <summary>Attacks, in the process started for it.</summary>
    public static int Run(string attack, Uri server)
    {
        Attack.All.Single(one => one.Name == attack).RunAsync(new ClientAddress(server, FairnessResults.Attacker)).GetAwaiter().GetResult();
        return 0;
    }

    private sealed class Started(Process process) : IDisposable
    {
        public void Dispose()
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }
    }
}
