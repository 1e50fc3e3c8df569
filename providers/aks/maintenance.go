package aks

import (
	"fmt"

	containerservice "github.com/pulumi/pulumi-azure-native-sdk/containerservice/v2/v20240902preview"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// schedules are what AKS changes by itself, by the names that it knows them by.
var schedules = map[string]string{
	"kubernetes": "aksManagedAutoUpgradeSchedule", "nodes": "aksManagedNodeOSUpgradeSchedule",
}

// makeMaintenance says when AKS may change the cluster: a cluster without a window is changed at any time.
func (m *maker) makeMaintenance(control *containerservice.ManagedCluster) error {
	for _, part := range []string{"kubernetes", "nodes"} {
		_, err := containerservice.NewMaintenanceConfiguration(m.ctx, m.called("maintenance-"+part),
			&containerservice.MaintenanceConfigurationArgs{
				ConfigName:        pulumi.String(schedules[part]),
				ResourceName:      control.Name,
				ResourceGroupName: m.group,
				MaintenanceWindow: &containerservice.MaintenanceWindowArgs{
					Schedule: &containerservice.ScheduleArgs{Weekly: &containerservice.WeeklyScheduleArgs{
						DayOfWeek: pulumi.String(m.args.Maintenance.Day), IntervalWeeks: pulumi.Int(1),
					}},
					StartTime:     pulumi.String(m.args.Maintenance.Start),
					DurationHours: pulumi.Int(m.args.Maintenance.Hours),
					UtcOffset:     pulumi.String("+00:00"),
				},
			}, m.child, pulumi.DeletedWith(control))
		if err != nil {
			return fmt.Errorf("maintenance of %s: %w", part, err)
		}
	}
	return nil
}
