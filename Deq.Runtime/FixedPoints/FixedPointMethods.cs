namespace Deq.Runtime.FixedPoints;

/// <summary>The catalogue of methods, each with its default parameters. A new method is one file and one line here.</summary>
public static class FixedPointMethods
{
    /// <summary>Every method, in the order in which documents list them.</summary>
    public static IReadOnlyList<IFixedPointMethod> All { get; } =
    [
        new PicardIteration(),
        new AndersonAcceleration(),
        new BroydenMethod(),
    ];

    /// <summary>Their names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(method => method.Name)];

    /// <summary>The method of that name, or null when there is none.</summary>
    public static IFixedPointMethod? Find(string name) => All.FirstOrDefault(method => method.Name == name);

    /// <summary>The method of that name.</summary>
    /// <exception cref="ArgumentException">There is none; the message names those there are.</exception>
    public static IFixedPointMethod Named(string name) =>
        Find(name) ?? throw new ArgumentException($"There is no method \"{name}\"; known: {string.Join(", ", Names)}.", nameof(name));
}
