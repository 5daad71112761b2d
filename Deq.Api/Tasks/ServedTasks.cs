using Deq.Api.Models;
using Deq.Api.Requests;
using Deq.Api.Settings;
using Deq.Api.Solving;
using Deq.Api.Tasks.Classification;
using Deq.Api.Tasks.Flow;
using Deq.Api.Tasks.Latent;
using Deq.Api.Tasks.Reasoning;
using Deq.Api.Tasks.Restoration;

namespace Deq.Api.Tasks;

/// <summary>The tasks that this server serves. Immutable.</summary>
internal sealed class ServedTasks(IEnumerable<IServedTask> tasks)
{
    public IReadOnlyList<IServedTask> All { get; } = [.. tasks];

    /// <summary>Everything that models do at a path: the tasks, and what else their models do.</summary>
    public IReadOnlyList<IServedTask> Operations { get; } = [.. tasks.SelectMany(task => (IEnumerable<IServedTask>)[task, .. task.Further])];

    /// <summary>The task that manifests call by that name; null where none is served.</summary>
    public IServedTask? Find(string name) => All.FirstOrDefault(task => task.Task.Name == name);
}

internal static class TaskServing
{
    /// <summary>Registers every task, one line each.</summary>
    public static void AddTasks(this WebApplicationBuilder builder)
    {
        builder.AddClassification();
        builder.AddFlow();
        builder.AddReasoning();
        builder.AddRestoration();
        builder.AddLatent();

        builder.AddSettings<IReadOnlyList<BudgetSettings>>(BudgetSettings.Section);
        builder.Services.AddSingleton<ServedTasks>();
        builder.Services.AddSingleton<PathOfTask>(services => task => services.GetRequiredService<ServedTasks>().Find(task)?.Path);
        builder.Services.AddSingleton<ServesPath>(services => (model, path) => services.GetRequiredService<ServedTasks>().Operations
            .Any(operation => operation.Path == path && operation.Task.Name == model.Manifest.Task && operation.RefusalOf(model) is null));
        builder.Services.AddSingleton(services => new BudgetCatalogue(
            services.GetRequiredService<ModelCatalogue>(),
            services.GetRequiredService<RequestLimits>(),
            services.GetRequiredService<IReadOnlyList<BudgetSettings>>(),
            task => services.GetRequiredService<ServedTasks>().Find(task)?.Parameters.Contains(SolveParameter.UntilStable) ?? false));
        builder.Services.AddSingleton<ModelCheck>(services => services.GetRequiredService<BudgetCatalogue>().FaultsOf);
    }
}
