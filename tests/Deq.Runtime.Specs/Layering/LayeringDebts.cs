namespace Deq.Runtime.Specs.Layering;

/// <summary>What still breaks the rules of the house. Entries are only ever removed, and numbers only ever made smaller.</summary>
internal static class LayeringDebts
{
    /// <summary>Uses of a folder from below it.</summary>
    public static IReadOnlyDictionary<string, string[]> Edges { get; } = new Dictionary<string, string[]>
    {
        ["Deq.Runtime"] = [],
        ["Deq.Api"] = [],
        ["Deq.Export"] = ["Tasks -> Commands"],
    };

    /// <summary>Files outside of tasks that name one.</summary>
    public static IReadOnlyDictionary<string, int> FilesThatNameATask { get; } = Numbers(0, 19, 15);

    /// <summary>Files of a task that name another.</summary>
    public static IReadOnlyDictionary<string, int> FilesOfATaskThatNameAnother { get; } = Numbers(0, 0, 7);

    /// <summary>Methods whose bodies have more than 40 lines.</summary>
    public static IReadOnlyDictionary<string, int> LongMethods { get; } = Numbers(0, 4, 2);

    /// <summary>Positional records of more than 6 values.</summary>
    public static IReadOnlyDictionary<string, int> WideRecords { get; } = Numbers(0, 7, 1);

    /// <summary>Uses of symbols that are not for product code.</summary>
    public static IReadOnlyDictionary<string, int> BannedSymbols { get; } = Numbers(0, 4, 17);

    /// <summary>Public types of programs that no other project names.</summary>
    public static IReadOnlyDictionary<string, int> PublicTypes { get; } = Numbers(0, 29, 128);

    private static Dictionary<string, int> Numbers(int runtime, int api, int export) => new()
    {
        ["Deq.Runtime"] = runtime,
        ["Deq.Api"] = api,
        ["Deq.Export"] = export,
    };
}
