namespace Deq.Api.Settings;

/// <summary>The server cannot start; every reason is listed.</summary>
internal sealed class StartupException : Exception
{
    /// <summary>Without reasons; exists for the sake of convention.</summary>
    public StartupException()
        : this(["The server cannot start."])
    {
    }

    /// <summary>One reason.</summary>
    public StartupException(string message)
        : this([message])
    {
    }

    /// <summary>One reason and what lies behind it.</summary>
    public StartupException(string message, Exception inner)
        : base(message, inner) => Faults = [message];

    /// <summary>Several reasons, at least one.</summary>
    public StartupException(IReadOnlyList<string> faults)
        : base(string.Join(Environment.NewLine, faults)) => Faults = faults;

    /// <summary>One sentence each.</summary>
    public IReadOnlyList<string> Faults { get; }

    /// <summary>Tells the operator, and gives the exit code.</summary>
    public int Report(TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(output);
        output.WriteLine("Deq cannot start:");
        foreach (string fault in Faults)
        {
            output.WriteLine($"  - {fault}");
        }

        return 1;
    }
}
