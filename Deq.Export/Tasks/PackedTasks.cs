using System.CommandLine;
using Deq.Export.Packing;
using Deq.Export.Tasks.Classification;
using Deq.Export.Tasks.Flow;
using Deq.Export.Tasks.Tensors;

namespace Deq.Export.Tasks;

/// <summary>The tasks that foreign models are packed for. A new one is its folder and a line here.</summary>
/// <param name="all">The tasks.</param>
internal sealed class PackedTasks(params IReadOnlyList<IPackedTask> all)
{
    /// <summary>Those of this program.</summary>
    public static PackedTasks OfProgram { get; } = new(new PackedClassifier(), new PackedFlow(), new PackedTensor());

    /// <summary>The names of all.</summary>
    public IReadOnlyList<string> Names => [.. all.Select(task => task.Name)];

    /// <summary>Each task with the options that it cannot do without.</summary>
    public string Choices => string.Join("; ", all.Select(task => $"{task.Name} (with {string.Join(", ", task.Required.Select(option => option.Name).DefaultIfEmpty("nothing more"))})"));

    /// <summary>The options of all, each once.</summary>
    public IReadOnlyList<Option> Options => [.. all.SelectMany(task => task.Options).DistinctBy(option => option.Name)];

    /// <summary>The task of that name; without one, that whose options were given and are of no other; null where that tells nothing.</summary>
    /// <param name="name">As manifests name it; null for none.</param>
    /// <param name="answers">What the user says.</param>
    public IPackedTask? Find(string? name, PackAnswers answers) => name is not null
        ? all.FirstOrDefault(task => task.Name == name)
        : all.Where(task => Own(task).Any(answers.Has)).ToArray() is [var only] ? only : null;

    /// <summary>A sentence for each option that was given and that only other tasks read.</summary>
    /// <param name="task">What is packed.</param>
    /// <param name="answers">What the user says.</param>
    public IEnumerable<string> Unread(IPackedTask task, PackAnswers answers) =>
        from option in Options.Select(each => each.Name)
        where answers.Has(option) && task.Options.All(own => own.Name != option)
        let readers = string.Join(" and ", all.Where(other => other.Options.Any(its => its.Name == option)).Select(other => other.Name))
        select $"{option} is read by {readers} alone, not by {task.Name}: leave it out, or choose another --task.";

    private IEnumerable<string> Own(IPackedTask task) =>
        task.Options.Select(option => option.Name).Where(option => all.Count(other => other.Options.Any(its => its.Name == option)) == 1);
}
